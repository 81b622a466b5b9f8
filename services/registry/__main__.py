"""The entry point of the registry service's process."""

from __future__ import annotations

from functools import partial

from plumbing.calendars import servicer as moved_terms
from plumbing.calendars.servicer import MovedTermsServicer
from plumbing.clock import SystemClock
from plumbing.file_sweep import FileSweep
from plumbing.files import Files
from plumbing.last_backup import backup_look
from plumbing.metrics import workflows
from plumbing.process import run_service
from plumbing.rpc import Register
from plumbing.service import Assembly, Parts
from services.registry import figures
from services.registry.calendars import policy as calendars_policy
from services.registry.calendars.moves import CalendarAdoption, open_terms
from services.registry.calendars.servicer import CalendarServicer
from services.registry.calibrations import policy as calibrations_policy
from services.registry.calibrations.servicer import CalibrationServicer
from services.registry.certificates import policy as certificates_policy
from services.registry.certificates.policy import CERTIFICATES
from services.registry.certificates.servicer import CertificateServicer
from services.registry.certificates.sweeping import named_files
from services.registry.checks import check
from services.registry.commands.clock import remember_clock
from services.registry.consumers import consumers
from services.registry.directory import policy as directory_policy
from services.registry.directory.servicer import DirectoryServicer
from services.registry.former_releases import announce_earlier
from services.registry.identity.doors import open_doors
from services.registry.identity.first_start import ensure_administrator, span_the_platform
from services.registry.identity.servicer import IdentityServicer
from services.registry.imports import policy as imports_policy
from services.registry.imports.batch.background import Background
from services.registry.imports.batch.bulk import Expiry
from services.registry.imports.batch.undo import Undoing
from services.registry.imports.impact.grade_drops import GradingService
from services.registry.imports.servicer import BulkServicer, ImportServicer
from services.registry.imports.staging.scratch import FOLDER
from services.registry.imports.staging.scratch import sweep as sweep_scratch
from services.registry.institutions import policy as institutions_policy
from services.registry.institutions.policy import INSTITUTIONS
from services.registry.institutions.servicer import InstitutionServicer
from services.registry.labels import ensure_key
from services.registry.laboratories import policy as laboratories_policy
from services.registry.laboratories.pruning import EnvironmentPruner
from services.registry.laboratories.servicer import LaboratoryServicer
from services.registry.lives import policy as lives_policy
from services.registry.lives.servicer import SubjectLifeServicer
from services.registry.orders import policy as orders_policy
from services.registry.orders.servicer import OrderServicer
from services.registry.people import policy as people_policy
from services.registry.people.servicer import PeopleServicer
from services.registry.permits import policy as permits_policy
from services.registry.permits.servicer import PermitServicer
from services.registry.photographs import policy as photographs_policy
from services.registry.photographs.servicer import PhotographServicer
from services.registry.policy import CLOCK, IDENTITY, POLICY, REGISTRY
from services.registry.proposals import policy as proposals_policy
from services.registry.proposals.servicer import ProposalServicer
from services.registry.publication import policy as publication_policy
from services.registry.publication.servicer import PublicationServicer
from services.registry.questions import policy as questions_policy
from services.registry.questions.servicer import QuestionServicer
from services.registry.retention.timers import Timers
from services.registry.sameness import policy as sameness_policy
from services.registry.sameness.servicer import SamenessServicer
from services.registry.servicer import ClockServicer, RegistryServicer
from services.registry.upkeep import policy as upkeep_policy
from services.registry.upkeep.servicer import UpkeepServicer

_POLICIES = [
    POLICY,
    calendars_policy.POLICY,
    moved_terms.POLICY,
    imports_policy.POLICY,
    calibrations_policy.POLICY,
    certificates_policy.POLICY,
    directory_policy.POLICY,
    institutions_policy.POLICY,
    laboratories_policy.POLICY,
    lives_policy.POLICY,
    orders_policy.POLICY,
    people_policy.POLICY,
    permits_policy.POLICY,
    photographs_policy.POLICY,
    proposals_policy.POLICY,
    publication_policy.POLICY,
    questions_policy.POLICY,
    sameness_policy.POLICY,
    upkeep_policy.POLICY,
]


async def build(parts: Parts) -> Assembly:
    """Builds the registry service from its parts.

    On the first start it also creates the keys and the administrator's account.
    """
    settings = parts.settings
    doors = open_doors(settings, parts.changes, SystemClock())
    await ensure_administrator(
        parts.changes,
        doors.logins.passwords,
        settings.keys_dir,
        first_password_stays=settings.sandbox,
    )
    await span_the_platform(parts.changes)
    await _prepare(parts)
    grading = GradingService(parts.channel("grading"))
    sweep_scratch(settings.data_dir / FOLDER)
    background = Background(parts.changes, grading, settings)
    expiry = Expiry(parts.changes, settings.import_open_days)
    importing = (parts.changes, grading, settings)
    files = Files.of(settings)
    undoing = Undoing.of(parts.changes, settings)
    sweep = FileSweep(files, partial(named_files, parts.database), SystemClock())
    calendar = CalendarAdoption(parts.changes)
    await calendar.look()
    timers = Timers(settings, parts.changes, parts.clock)
    works = (timers.run, workflows.drain, expiry.run, background.run, sweep.run, calendar.run)
    return Assembly(
        rpc={
            REGISTRY: RegistryServicer(parts.changes).register,
            calendars_policy.CALENDAR: CalendarServicer(parts.changes).register,
            moved_terms.SERVICE: MovedTermsServicer(parts.changes, open_terms).register,
            imports_policy.IMPORTS: ImportServicer(*importing, background).register,
            imports_policy.BULK: BulkServicer(*importing).register,
            **_with_files(parts, files),
            **_of_institutions(parts),
            lives_policy.LIVES: SubjectLifeServicer(parts.changes).register,
            orders_policy.ORDERS: OrderServicer(parts.changes, parts.settings).register,
            permits_policy.PERMITS: PermitServicer(parts.changes).register,
            proposals_policy.PROPOSALS: ProposalServicer(parts.changes, undoing).register,
            publication_policy.PUBLICATION: PublicationServicer(parts.changes).register,
            questions_policy.QUESTIONS: QuestionServicer(parts.changes).register,
            sameness_policy.SAMENESS: SamenessServicer(parts.changes).register,
            CLOCK: ClockServicer(parts.changes).register,
            IDENTITY: IdentityServicer(parts.changes, doors).register,
        },
        policies=_POLICIES,
        consumers=consumers(parts, timers),
        background=works,
        check=partial(check, parts.database, parts.clock, timers.runs, files),
        reconcile=timers.reconcile,
        looks=[*figures.looks(parts.database), backup_look(parts.settings)],
        prunes=[EnvironmentPruner(parts.changes).prune],
    )


async def _prepare(parts: Parts) -> None:
    """Stores what a first start has to, and announces what earlier releases did not."""
    await remember_clock(parts.database, parts.clock)
    await ensure_key(parts.database)
    await announce_earlier(parts.changes)


def _of_institutions(parts: Parts) -> dict[str, Register]:
    """The servicers about institutions, by the name of their gRPC service."""
    return {
        INSTITUTIONS: InstitutionServicer(parts.changes, parts.settings).register,
        directory_policy.DIRECTORY: DirectoryServicer(parts.changes).register,
        people_policy.PEOPLE: PeopleServicer(parts.changes, parts.settings).register,
        laboratories_policy.LABORATORIES: LaboratoryServicer(
            parts.changes, parts.settings
        ).register,
    }


def _with_files(parts: Parts, files: Files) -> dict[str, Register]:
    """The servicers that keep files, by the name of their gRPC service."""
    keeping = (parts.changes, files, parts.settings)
    return {
        CERTIFICATES: CertificateServicer(*keeping).register,
        upkeep_policy.UPKEEP: UpkeepServicer(*keeping).register,
        calibrations_policy.CALIBRATIONS: CalibrationServicer(*keeping).register,
        photographs_policy.PHOTOGRAPHS: PhotographServicer(*keeping).register,
    }


def main() -> None:
    """Runs the registry service until SIGTERM, and ends the process."""
    run_service("registry", build)


if __name__ == "__main__":
    main()
