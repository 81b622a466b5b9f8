"""Puts people and a calibration institution of the sample on file.

Nobody of the name exists. Those who consented are shown: the institution to the public, the experts
to whoever is signed in.
"""

from __future__ import annotations

from plumbing.client import new_request_id
from protos.registry.v1 import people_pb2 as pb
from protos.registry.v1 import proposals_pb2 as proposals
from services.cli.client import Client
from services.cli.sample.institution import FROM, UNTIL
from services.cli.sample.instruments import INSTITUTION

_CONSENT = "样例：书面同意列入名录"
_CONTACT = "样例专家联络处 000-00000000"
_ON_FILE = (
    pb.Qualification(
        kind="calibration_institution",
        number="样例校准字第001号",
        name="样例·精密校准公司",
        scope="长度、温度、压力",
        consent=_CONSENT,
    ),
    *(
        pb.Qualification(
            kind="expert",
            number=f"样例聘字第{n:03d}号",
            name=name,
            scope=scope,
            institution=place,
            contact=_CONTACT,
            consent=_CONSENT,
        )
        for n, (name, scope, place) in enumerate(
            (
                ("样例专家甲", "流量：加油机、水表、燃气表", "样例·计量检定院"),
                ("样例专家乙", "力学：衡器、砝码", "样例大学"),
                ("样例专家丙", "医学计量：血压计、心电图机", "样例·医学工程研究所"),
            ),
            1,
        )
    ),
    *(
        pb.Qualification(kind="examiner", number=f"样例考评字第{n:03d}号", name=name, scope=scope)
        for n, (name, scope) in enumerate(
            (("样例考评员甲", "力学"), ("样例考评员乙", "热学、电磁")), 1
        )
    ),
    pb.Qualification(
        kind="metrologist",
        number="样例注册字第001号",
        name="样例注册计量师甲",
        scope="衡器",
        institution=INSTITUTION,
    ),
)


async def enter(caseworker: Client, head: Client, bureau: str) -> None:
    """Enters all of them for a bureau; its head releases those that consented to be shown."""
    for one in _ON_FILE:
        filed = pb.Qualification(bureau=bureau, valid_from=FROM, valid_until=UNTIL)
        filed.MergeFrom(one)
        request = pb.PutQualificationRequest(request_id=new_request_id(), qualification=filed)
        answer = await caseworker.people.PutQualification(request)
        if answer.HasField("proposal"):
            release = proposals.ReleaseProposalRequest(
                request_id=new_request_id(),
                proposal_id=answer.proposal.proposal_id,
                reasons="同意书已核对",
            )
            await head.proposals.ReleaseProposal(release)
