"""Refuses signals that the platform did not send (ADR 0017).

The codec refuses the arguments of strangers. A signal without arguments has nothing to refuse, and
where the handler needs one it would stop the workflow for good. So every signal of the platform
carries a proof in its headers: a seal for this workflow, this signal and its number of arguments.
"""

from __future__ import annotations

from typing import Any

from temporalio import client, worker, workflow
from temporalio.api.common.v1 import Payload

from plumbing.metrics.counted import WORKFLOW_INPUTS_REFUSED
from plumbing.workflow_seals import Seals

PROOF = "quanheng-proof"


class Guard(client.Interceptor, worker.Interceptor):
    """Temporal interceptor that adds proofs to signals, and refuses signals without proof.

    Pass it to `Client.connect` before other interceptors; it also applies to the client's workers.
    """

    def __init__(self, seals: Seals) -> None:
        self._seals = seals

    def intercept_client(self, following: client.OutboundInterceptor) -> client.OutboundInterceptor:
        """Returns a client interceptor that adds the proof of each signal."""
        return _Proving(following, self._seals)

    def workflow_interceptor_class(
        self, _given: worker.WorkflowInterceptorClassInput
    ) -> type[worker.WorkflowInboundInterceptor]:
        """Returns the class of the interceptor that refuses signals without proof."""
        seals = self._seals

        class Refusing(worker.WorkflowInboundInterceptor):
            async def handle_signal(self, given: worker.HandleSignalInput) -> None:
                if _is_proven(seals, given):
                    await super().handle_signal(given)
                elif not workflow.unsafe.is_replaying():
                    WORKFLOW_INPUTS_REFUSED.labels("signal").inc()
                    workflow.logger.warning("workflow.signal_refused")

        return Refusing


class _Proving(client.OutboundInterceptor):
    def __init__(self, following: client.OutboundInterceptor, seals: Seals) -> None:
        super().__init__(following)
        self._seals = seals

    async def start_workflow(
        self, given: client.StartWorkflowInput
    ) -> client.WorkflowHandle[Any, Any]:
        if given.start_signal:
            proof = self._proof(given.id, given.start_signal, len(given.start_signal_args))
            given.headers = {**given.headers, PROOF: proof}
        return await super().start_workflow(given)

    async def signal_workflow(self, given: client.SignalWorkflowInput) -> None:
        proof = self._proof(given.id, given.signal, len(given.args))
        given.headers = {**given.headers, PROOF: proof}
        await super().signal_workflow(given)

    def _proof(self, workflow_id: str, signal: str, arguments: int) -> Payload:
        return Payload(data=self._seals.seal(b"", _purpose(workflow_id, signal, arguments)))


def _is_proven(seals: Seals, given: worker.HandleSignalInput) -> bool:
    proof = given.headers.get(PROOF)
    purpose = _purpose(workflow.info().workflow_id, given.signal, len(given.args))
    return proof is not None and seals.open(proof.data, purpose) is not None


def _purpose(workflow_id: str, signal: str, arguments: int) -> str:
    # With another number of arguments, a proof that was read in a history would stop the workflow.
    return f"signal/{workflow_id}/{signal}/{arguments}"
