"""How a case file is verified without the platform, in both languages."""

from __future__ import annotations

from plumbing.papers.case_file.reading import CaseFile

_TEXT = """\
{number} 案卷：怎样核验

1. 文件是否完整、未被改动：在本文件夹运行
     sha256sum -c SHA256SUMS
   Windows 可以用 certutil -hashfile 文件 SHA256 逐个比对。
2. 文书的真伪：在 {portal}/check/letter 输入编号和校验码。
3. 评价凭据：receipts 下的每个文件都能由任何人重算，离线即可
     quanheng law verify receipts/文件.json
   或者在 {portal}/check/receipt 上传。
4. 审计记录未被改动：audit 下每个 json 文件证明一条记录在检查点之内
     quanheng audit verify --checkpoint audit/checkpoint.txt --key audit/key.pub
       --proof audit/文件.json
   检查点和公钥应当与 {portal}/checkpoints 公布的或者您另外保存的一致：只与本档案自己比对，
   不能证明什么。

How to verify this case file

1. Nothing was changed: sha256sum -c SHA256SUMS
2. A letter is genuine: enter its number and check code at {portal}/check/letter
3. A grading receipt can be computed again offline: quanheng law verify receipts/FILE.json
4. An audit entry was not changed: quanheng audit verify --checkpoint audit/checkpoint.txt
   --key audit/key.pub --proof audit/FILE.json. Compare checkpoint and key with those published at
   {portal}/checkpoints, or with a copy of your own.
"""


def instructions(file: CaseFile, portal_url: str) -> bytes:
    """Returns the text that tells how to verify a case file."""
    return _TEXT.format(number=file.case.number, portal=portal_url.rstrip("/")).encode()
