"""Every service twice on one machine, as a cluster runs them: what one database's server allows."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from plumbing.settings import SERVICES, Settings, child_environment
from services.cli.engines import service_specs
from services.cli.ports import HOST, choose
from services.cli.processes import ProcessSpec
from services.cli.readiness import grpc_serves


def two_of_each(settings: Settings) -> list[ProcessSpec]:
    """The services at their usual places, and a second of each that no caller knows of.

    It hears the same events, takes from the same task queues and stands by to lead.
    """
    first = service_specs(settings)
    ports = choose(dict.fromkeys(SERVICES, 1), insist_on_others=True)
    return [*first, *(_second(one, settings, ports[one.name]) for one in first)]


def _second(first: ProcessSpec, settings: Settings, port: int) -> ProcessSpec:
    address = f"{HOST}:{port}"
    own = settings.model_copy(update={f"{first.name}_address": address})
    return replace(
        first,
        name=f"{first.name}-2",
        environment=child_environment(own),
        is_ready=partial(grpc_serves, address),
        after=(*first.after, first.name),  # the first start makes keys and accounts
    )
