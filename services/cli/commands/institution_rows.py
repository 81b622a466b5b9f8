"""The plain commands about verification institutions."""

from __future__ import annotations

from services.cli.commands.row import Row

INSTITUTION_ROWS = (
    Row("institution list", "institutions.ListInstitutions", "列出检定机构。",
        "Lists verification institutions."),
    Row("institution show", "institutions.GetInstitution", "显示检定机构及其授权。",
        "Shows an institution with its authorisations.", args="institution_id"),
    Row("institution put", "institutions.PutInstitution", "登记检定机构，或者变更其联系方式。",
        "Registers an institution, or changes its contact.", args="institution.name",
        names={"institution.institution_id": "--id"}),
    Row("institution authorise", "institutions.PutAuthorisation",
        "登记或者变更一项检定授权；提前终止的改其最后一日。",
        "Adds or changes an authorisation; one that ends early gets another last day.",
        args="authorisation.institution_id authorisation.type_code",
        names={"authorisation.authorisation_id": "--id", "authorisation.valid_from": "--from",
               "authorisation.valid_until": "--until",
               "authorisation.document_no": "--document"}),
    Row("institution reports", "institutions.ListReports",
        "列出检定机构自己报送的检定，最后报送日最晚的在前。",
        "Lists the verifications that institutions reported, the newest last day first."),
    Row("institution punctuality", "institutions.GetPunctuality",
        "按检定机构统计按期和逾期的报送、证书和检定申请。",
        "Counts what each institution did in time and what late."),
)  # fmt: skip
