"""What the records of a laboratory say of a verification, in words."""

from __future__ import annotations

from services.portal.wording import N_

FINDINGS = {
    "exceeded": N_("超出限值"),
    "gaps": N_("记录有缺"),
    "no_records": N_("没有记录"),
    "not_authorised": N_("实验室未获授权"),
    "unknown_laboratory": N_("实验室没有登记"),
    "no_limits": N_("没有登记限值"),
    "within": N_("在限值以内"),
}
