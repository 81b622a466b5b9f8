"""The pages of the forecast and of colours by street, whole, with answers made up for them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import urlencode

import pytest
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from plumbing.identity import Role
from plumbing.settings import Settings
from protos.alerts.v1 import alerts_pb2 as alerts
from protos.registry.v1 import institutions_pb2 as institutions
from protos.registry.v1 import registry_pb2 as registry
from services.portal.pages import colour_groups, forecast
from services.portal.visit import Visit

WEEK = {"starts_on": "2026-11-18", "ends_on": "2026-11-22"}
UNTIL = {"FUEL": "2026-12-31", "TAXI": "2026-12-31", "NAWI-D": "2026-11-17"}
TYPES = {"FUEL": 40, "TAXI": 7, "NAWI-D": 1}
BOARD = alerts.GetColourBoardResponse(
    on="2026-11-18",
    weeks=[alerts.WeekAhead(**WEEK, instruments=48)],
    counts=[alerts.BoardCount(type_code=code, colour="red", instruments=2) for code in TYPES],
    types=[
        alerts.TypeAhead(type_code=code, weeks=[alerts.WeekAhead(**WEEK, instruments=number)])
        for code, number in TYPES.items()
    ],
    groups=[
        alerts.GroupCount(group="乙镇", colour="red", instruments=2),
        alerts.GroupCount(colour="none", instruments=5),
    ],
)
OWN = institutions.GetInstitutionResponse(
    institution=institutions.Institution(institution_id="i1", name="合成检定院"),
    authorisations=[
        institutions.Authorisation(type_code=code, valid_from="2026-01-01", valid_until=until)
        for code, until in UNTIL.items()
    ],
    capacities=[institutions.Capacity(type_codes=["FUEL"], per_day=5, from_on="2026-01-01")],
)


class Answers:
    """Stands in for the services; keeps what a bureau was changed to, and the boards asked for."""

    def __init__(self) -> None:
        self.bureau = registry.Bureau(code="330106", name="样例局", streets=["甲街道", "乙镇"])
        self.bureau.version = 3
        self.put: list[registry.Bureau] = []
        self.boards: list[alerts.GetColourBoardRequest] = []
        self.alerts = SimpleNamespace(GetColourBoard=self._board)
        self.institutions = SimpleNamespace(
            ListInstitutions=self._listed, GetInstitution=self._institution
        )
        self.registry = SimpleNamespace(ListBureaus=self._bureaus, PutBureau=self._keep)

    async def _board(self, request: Any) -> Any:
        self.boards.append(request)
        return BOARD

    async def _listed(self, _request: Any) -> Any:
        return institutions.ListInstitutionsResponse(institutions=[OWN.institution])

    async def _institution(self, _request: Any) -> Any:
        return OWN

    async def _bureaus(self, _request: Any) -> Any:
        return registry.ListBureausResponse(bureaus=[self.bureau])

    async def _keep(self, request: Any) -> Any:
        self.put.append(request.bureau)
        return registry.PutBureauResponse()


class Names:
    async def get(self, read: Callable[[], Any]) -> Any:
        return await read()


@pytest.fixture
def answers() -> Answers:
    return Answers()


async def answer(
    page: Callable[[Visit], Any],
    answers: Answers,
    role: Role,
    tmp_path: Path,
    form: dict[str, str] | None = None,
    **query: str,
) -> Response:
    scope: dict[str, Any] = {
        "type": "http",
        "method": "GET" if form is None else "POST",
        "path": "/",
        "query_string": urlencode(query).encode(),
        "headers": [],
    }
    session = SimpleNamespace(
        roles=[role], bureau="330106", bureau_name="样例局", subject_id="", account_id="account/x",
        display_name="某人", form_token="t", kept="",
    )  # fmt: skip
    settings = Settings(data_dir=tmp_path)
    portal = SimpleNamespace(settings=settings, services=answers, bureau_names=Names())
    visit = Visit(cast("Any", portal), Request(scope), cast("Any", session))
    visit.form = FormData(form or {})
    found: Response = await page(visit)
    return found


def text_of(found: Response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", bytes(found.body).decode()))


async def test_an_institution_is_forecast_its_types_beside_what_it_completes(
    answers: Answers, tmp_path: Path
) -> None:
    asked = (forecast.page, answers, Role.VERIFICATION_INSTITUTION, tmp_path)
    shown = text_of(await answer(*asked, weeks="8"))
    assert "共有 4 台" in shown
    assert "燃油加油机 2 2 40" in shown
    assert "数字指示秤" not in shown, "its authorisation has ended"
    assert "燃油加油机 5 到期 40，可完成 15 超出能力" in shown, "three working days of the week"
    assert "没有填报能力、不能比较的类型：出租汽车计价器。" in shown


async def test_others_are_forecast_every_type_and_no_capacity(
    answers: Answers, tmp_path: Path
) -> None:
    shown = text_of(await answer(forecast.page, answers, Role.UNIT_HEAD, tmp_path))
    assert "数字指示秤" in shown
    assert "共有 6 台" in shown
    assert "可完成" not in shown


async def test_colours_are_counted_by_the_streets_that_the_bureau_keeps(
    answers: Answers, tmp_path: Path
) -> None:
    asked = (colour_groups.page, answers, Role.CASEWORKER, tmp_path)
    found = await answer(*asked, by="street")
    assert [list(one.streets) for one in answers.boards] == [["甲街道", "乙镇"]]
    assert "保存街道名" not in text_of(found)
    page = bytes(found.body).decode().replace("&amp;", "&")
    before = urlencode({"without": "甲街道"})
    assert f"/instruments?{urlencode({'street': '乙镇'})}&colour=red&{before}" in page
    assert f"/instruments?colour=none&{urlencode({'without': '甲街道 乙镇'})}" in page
    await answer(*asked, by="street", streets="乙镇")
    assert list(answers.boards[-1].streets) == ["乙镇"]
    names = ["乙镇", *(f"第{number}街道" for number in range(51))]
    found = await answer(*asked, by="street", streets=" ".join(names))
    assert list(answers.boards[-1].streets) == names[:50]
    assert "还有 2 个没有统计：第49街道、第50街道" in text_of(found)


async def test_a_unit_head_keeps_the_names_and_is_told_of_too_many(
    answers: Answers, tmp_path: Path
) -> None:
    asked = (colour_groups.page, answers, Role.UNIT_HEAD, tmp_path)
    assert "甲街道、乙镇" in text_of(await answer(*asked, by="street"))
    many = {"names": "、".join(f"{number}号街" for number in range(51)), "version": "3"}
    refused = await answer(*asked, many, by="street")
    assert refused.status_code == 422
    assert "街道名至多 50 个" in text_of(refused)
    assert "0号街、1号街" in text_of(refused), "what was written is kept"
    kept = await answer(*asked, {"names": "丙街，甲街道 丙街", "version": "3"}, by="street")
    assert kept.status_code == 303
    [bureau] = answers.put
    assert (list(bureau.streets), bureau.version) == (["丙街", "甲街道"], 3)
    of_others = (colour_groups.page, answers, Role.CASEWORKER, tmp_path)
    await answer(*of_others, {"names": "丁街", "version": "3"}, by="street")
    assert len(answers.put) == 1
