"""Values for made-up messages: ids of existing things, and values with a meaning."""

from __future__ import annotations

from law.evidence import RecordKind, Sector, Severity
from plumbing.client import new_request_id
from tests.e2e.fuzzing import Pools
from tests.e2e.requests import credit_code
from tests.e2e.staffed_platform import ABROAD, HOME, StaffedPlatform


def field_values(staff: StaffedPlatform) -> Pools:
    """The values, by the name of the field in which they have a meaning."""
    places = staff.places.values()
    return {
        "request_id": [new_request_id() for _ in range(3)],
        "subject_id": [place.subject_id for place in places],
        "instrument_id": [place.instrument_id for place in places],
        "record_id": [place.record.record_id for place in places],
        "record_ids": [place.record.record_id for place in places],
        "case_id": [place.case_id for place in places],
        "escalation_id": [place.escalation_id for place in places],
        "batch_id": [place.batch_id for place in places],
        "impact_id": [place.impact_id for place in places],
        "index_id": [place.index_id for place in places],
        "ruleset_id": ["hangzhou-trial", "tianjin-pilot", "none-such"],
        "ruleset_ids": ["hangzhou-trial", "tianjin-pilot", "national-2017-566"],
        "findings_json": ["{}", "[]", '{"S01.1": NaN}', "[" * 9000, '{"a": 1, "a": 2}'],
        "receipt_id": [place.receipt_id for place in places],
        "notice_id": [place.notice_id for place in places if place.notice_id],
        "account_id": [staff.spare_account],
        "bureau": [HOME, ABROAD, "330100", "000000", "330106-JQ", ""],
        "code": [HOME, "330106-JQ", "330106-A", "000000", "999999"],
        "credit_code": [credit_code(HOME, mark) for mark in "3456789"] + [""],
        "kind": [*RecordKind, "organisation"],
        "severity": [*Severity, ""],
        "sector": [*Sector],
        "type_code": ["FUEL", "none such"],
        "email": ["a@b.example", "a@b\nBcc:c@d", "权@权.example", "<a>@b", ",@,", '"@"', "a@b;c"],
        "name": ["staff.public", "测试", "alerts", "b.c"],
        "service": ["alerts", "nobody"],
        "content": [
            "kind,name,sector,bureau\norganisation,一,fuel_station,330106\n",
            "subject,serial_no,type_code\n,1,FUEL\n",
            "code,name\n330106,二\n330107,三\n",
            "\ufeff主体类型,名称\n",
            'a;b\n"',
        ],
    }
