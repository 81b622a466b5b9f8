"""The first question of the wizards: which credit records the visitor means."""

from __future__ import annotations

from starlette.responses import Response

from protos.registry.v1 import registry_pb2 as registry
from services.portal.visit import Visit


def records_page(
    visit: Visit,
    template: str,
    records: list[registry.Record],
    errors: dict[str, str] | None = None,
    *,
    chosen: list[str],
) -> Response:
    """Renders the choice of records; `chosen` are the ids of those that are already checked."""
    return visit.page(
        template,
        status=422 if errors else 200,
        records=records,
        chosen=chosen,
        errors=errors or {},
        form=visit.form,
    )
