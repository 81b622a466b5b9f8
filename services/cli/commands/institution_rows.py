"""The plain commands about verification institutions."""

from __future__ import annotations

from services.cli.commands.row import Command, Row

QUALIFICATION_COMMANDS = (
    Command(
        "qualification import",
        "services.cli.commands.qualifications:qualification_import",
        "按 .xlsx 或 CSV 文件登记校准机构、注册计量师、考评员和专家。",
        "Enters and updates the qualifications of a workbook or CSV file.",
    ),
)
INSTITUTION_ROWS = (
    Row(
        "qualification list",
        "people.ListQualifications",
        "列出校准机构、注册计量师、考评员和专家；问到期的，先到期的在前。",
        "Lists calibration institutions, metrologists, examiners, experts, or those that end soon.",
        defaults={"page_size": 50},
    ),
    Row(
        "qualification show",
        "people.GetQualification",
        "显示一项资格。",
        "Shows a qualification.",
        args="qualification_id",
    ),
    Row(
        "qualification put",
        "people.PutQualification",
        "登记一项资格，或者变更它。",
        "Enters a qualification, or changes it.",
        args="qualification.kind qualification.number",
        names={
            "qualification.qualification_id": "--id",
            "qualification.valid_from": "--from",
            "qualification.valid_until": "--until",
        },
        fixed={"qualification.state": ""},
    ),
    Row(
        "qualification calibrators",
        "people.ListCalibrators",
        "列出同意公开的校准机构，任何人都可以查。",
        "Lists the calibration institutions that consented to be public.",
        anyone=True,
    ),
    Row(
        "qualification experts",
        "people.ListExperts",
        "列出同意列入名录的行业专家，登录的单位和机构可以查。",
        "Lists the experts that consented to be found by whoever is signed in.",
    ),
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
    Row("institution directory", "directory.ListDirectory",
        "服务名录：同意公开的检定机构，和各自今天可以检定的类型。",
        "The service directory: institutions that let anybody find them, and what they may verify.",
        anyone=True),
    Row("institution listing", "directory.GetListing", "显示机构在服务名录中公开的内容。",
        "Shows what an institution has released for the directory.", args="institution_id"),
    Row("institution release", "directory.PutListing",
        "填写并公开（--not-public 为撤下）机构在服务名录中的内容。",
        "Writes what an institution releases for the directory, or takes it back.",
        args="listing.institution_id", present="directory.GetListing",
        names={"listing.released": "--public/--not-public"}, defaults={"listing.released": True}),
    Row("institution reports", "institutions.ListReports",
        "列出检定机构自己报送的检定，最后报送日最晚的在前。",
        "Lists the verifications that institutions reported, the newest last day first."),
    Row("institution punctuality", "institutions.GetPunctuality",
        "按检定机构统计按期和逾期的报送、证书和检定申请。",
        "Counts what each institution did in time and what late."),
)  # fmt: skip
