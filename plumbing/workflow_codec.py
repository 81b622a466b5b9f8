"""The codec of everything that travels through Temporal: sealed with the service's key (ADR 0017).

What does not open, such as the input of a stranger, becomes a payload that no converter takes. The
SDK drops a signal with such an argument, and the workflow goes on. An error raised by the codec
itself would stop the workflow for good, because Temporal would repeat the task forever.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Self

import structlog
from temporalio.api.common.v1 import Payload
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import (
    ActivitySerializationContext,
    DataConverter,
    DefaultFailureConverterWithEncodedAttributes,
    PayloadCodec,
    SerializationContext,
    WithSerializationContext,
    WorkflowSerializationContext,
)

from plumbing.metrics.counted import WORKFLOW_INPUTS_REFUSED
from plumbing.workflow_seals import Seals

ENCODING = "encoding"
SEALED = b"quanheng/sealed"
# No converter knows this encoding, so nothing is ever made of such a payload.
REFUSED = b"quanheng/refused"
log = structlog.get_logger()


class Codec(PayloadCodec, WithSerializationContext):
    """Seals payloads for one workflow, and opens those that were sealed for it."""

    def __init__(self, seals: Seals, purpose: str = "") -> None:
        self._seals, self._purpose = seals, purpose

    def with_context(self, context: SerializationContext) -> Self:
        """Returns the codec for the workflow that a payload is for, or comes from."""
        if isinstance(context, WorkflowSerializationContext | ActivitySerializationContext):
            purpose = purpose_of(context.namespace, context.workflow_id or "")
            return type(self)(self._seals, purpose)
        return self

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Returns the sealed payloads."""
        return [self._sealed(payload) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Returns the opened payloads; counts those that do not open, and makes them unusable."""
        return [self._opened(payload) for payload in payloads]

    def opens(self, payload: Payload) -> bool:
        """Returns whether the payload was sealed with our key for this workflow."""
        return self._text(payload) is not None

    def _sealed(self, payload: Payload) -> Payload:
        data = self._seals.seal(payload.SerializeToString(), self._purpose)
        return Payload(metadata={ENCODING: SEALED}, data=data)

    def _opened(self, payload: Payload) -> Payload:
        text = self._text(payload)
        if text is not None:
            return Payload.FromString(text)
        WORKFLOW_INPUTS_REFUSED.labels("payload").inc()
        log.warning("workflow.payload_refused", purpose=self._purpose)
        return Payload(metadata={ENCODING: REFUSED})

    def _text(self, payload: Payload) -> bytes | None:
        if payload.metadata.get(ENCODING) != SEALED:
            return None
        return self._seals.open(payload.data, self._purpose)


def purpose_of(namespace: str, workflow_id: str) -> str:
    """Returns the purpose for which the payloads of a workflow are sealed."""
    return f"payload/{namespace}/{workflow_id}"


def sealed_converter(seals: Seals) -> DataConverter:
    """Returns the data converter of a client: pydantic, sealed, the texts of failures included."""
    return dataclasses.replace(
        pydantic_data_converter,
        payload_codec=Codec(seals),
        failure_converter_class=DefaultFailureConverterWithEncodedAttributes,
    )
