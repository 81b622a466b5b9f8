"""Two processes of every service on one machine, as a cluster runs them on one PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from plumbing.settings import SERVICES, Settings, child_environment
from services.cli.machine.engines import HOST, choose_ports, service_specs
from services.cli.machine.readiness import grpc_serves
from services.cli.machine.supervisor import ProcessSpec


def two_of_each(settings: Settings) -> list[ProcessSpec]:
    """The services at their usual addresses, and a second process of each that no client calls.

    It reads the same events and task queues, and becomes the leader when the first one ends.
    """
    first = service_specs(settings)
    names = [*SERVICES, *(f"{service}_metrics" for service in SERVICES)]
    ports = choose_ports(dict.fromkeys(names, 1), insist_on_others=True)
    return [*first, *(_second(spec, settings, ports) for spec in first)]


def _second(first: ProcessSpec, settings: Settings, ports: Mapping[str, int]) -> ProcessSpec:
    address = f"{HOST}:{ports[first.name]}"
    metrics = f"{HOST}:{ports[f'{first.name}_metrics']}"
    places = {f"{first.name}_address": address, f"{first.name}_metrics_address": metrics}
    own = settings.model_copy(update=places)
    return replace(
        first,
        name=f"{first.name}-2",
        environment=child_environment(own),
        is_ready=partial(grpc_serves, settings.endpoint_at(address, first.name)),
        ports=(ports[first.name],),
        after=(*first.after, first.name),  # the first start makes keys and accounts
    )
