"""The page for those who connect other systems: rules, addresses, and examples that work.

The examples are files under `examples/`, a folder for each client. A test reads them from the page
and runs them on a real platform.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from starlette.responses import Response

from services.portal.api.app import DOCUMENT, PREFIX
from services.portal.api.refusals import HTTP, code_name
from services.portal.rendering import HERE
from services.portal.visit import Visit
from services.portal.wording import N_

CLIENTS = {"curl": "curl", "grpcurl": "grpcurl", "python": "Python"}
_TOPICS = {
    "sign_in": (
        N_("登录"),
        N_("用账号换取令牌，此后每次调用都带上。令牌到期前可用 RenewToken 换新的。"),
    ),
    "subject": (
        N_("查一个主体"),
        N_("用统一社会信用代码或主体编号。不带令牌时，只得到公开的内容。"),
    ),
    "instruments": (N_("列出器具"), N_("列出一个主体的计量器具。")),
    "paging": (
        N_("逐页读完一个列表"),
        N_("答复里有 nextPageToken 的，带着它再问一次，直到没有为止；其他条件不能变。"),
    ),
    "upload": (
        N_("上传文件"),
        N_("表头说明文件里是什么；mode 为 check 时只检查，不改动任何数据。"),
    ),
    "objection": (
        N_("提出异议"),
        N_("由经营者的账号提出。requestId 由调用方生成；重发同一请求，只办理一次。"),
    ),
    "errors": (
        N_("出错时"),
        N_("答复里有错误名、稳定的 reason、中英文说明，以及每个有误的字段。"),
    ),
}


@dataclass(frozen=True)
class Topic:
    """A topic of the page: its key, its title, what it is about, and an example by client."""

    key: str
    title: str
    about: str
    examples: dict[str, str]


async def integrators(visit: Visit) -> Response:
    """Shows how another system signs in, asks, pages, uploads and reads refusals."""
    return visit.page(
        "public/integrators.html",
        public=True,
        api=f"{visit.portal.settings.portal_url}{PREFIX}",
        document=f"{PREFIX}{DOCUMENT}",
        clients=CLIENTS,
        topics=topics(),
        token_minutes=visit.portal.settings.token_minutes,
        codes=[(code_name(code), status) for code, status in HTTP.items()],
    )


@cache
def topics() -> tuple[Topic, ...]:
    """Returns the topics of the page with their examples."""
    return tuple(
        Topic(key, title, about, {client: _example(client, key) for client in CLIENTS})
        for key, (title, about) in _TOPICS.items()
    )


def _example(client: str, topic: str) -> str:
    return (HERE / "examples" / client / f"{topic}.txt").read_text("utf-8")
