"""What an owner is told of a change that it asked its bureau for."""

from __future__ import annotations

from protos.registry.v1 import proposals_pb2 as pb
from services.alerts.notices.answered_requests import answered_en, answered_zh
from services.alerts.notices.texts import Contact
from services.alerts.tables import Instrument

BUREAU = Contact("测试市场监管局", "计量科", "0571-00000000", "office@test.example")


def test_the_owner_is_told_the_answer_in_both_languages() -> None:
    proposal = pb.Proposal(
        act="correct_instrument", state="declined", ground="写错了", reasons="铭牌上没有这一编号"
    )
    instrument = Instrument.model_construct(type_code="FUEL", serial_no="J-1")
    told = ("测试单位", proposal, instrument, BUREAU)
    zh, en = answered_zh(*told), answered_en(*told)
    assert zh.title == "变更申请未获批准，登记不变：按检定证书或者使用单位的申请更正器具登记"
    assert "（燃油加油机 J-1）未获批准" in zh.body
    assert "答复：铭牌上没有这一编号" in zh.body
    assert "was declined; nothing has changed" in en.title
    assert "The answer, as written: 铭牌上没有这一编号" in en.body
    proposal.state = "released"
    assert "已获批准并生效" in answered_zh("测试单位", proposal, None, BUREAU).title
