"""Which fields of each message of the gRPC contract the screen shows, and in which order.

Fields are named as in the contract, with dots for nested messages; `cells` makes the few columns
that are not a field. A column in which no row has anything is left out.
"""

from __future__ import annotations

from collections.abc import Mapping

# The columns of a message in a list.
TABLES: Mapping[str, str] = {
    "Absence": "absence_id display_name from_on to_on substitute_name",
    "AccessEntry": "at kind name on_behalf_of method object rows times source code",
    "Account": "account_id name display_name roles bureau subject_id email closed",
    "Activation": "activation_id bureau sectors ruleset_id adopted_draft valid_from ground "
    "activated_by activated_at",
    "Alert": "colour due_on late subject_id place type_code serial_no certificate_no reason_zh "
    "cite",
    "AuditEntry": "sequence at actor on_behalf_of action object ground",
    "Batch": "batch_id family file_name state rows changed rejected",
    "BatchEffect": "kind made altered",
    "Bureau": "code name division_code department phone email",
    "CalendarEdition": "edition_id arrangement.year arrangement.document state number loaded_at",
    "Case": "case_id number state subject_id bureau term.target_on term.remaining_days",
    "ContestedItem": "target id outcome",
    "Condition": "met text notes cite",
    "DeadLetter": "sequence consumer event_type aggregate error",
    "Escalation": "escalation_id subject_id bureau course state step due_on",
    "RunningContest": "number case_id",
    "EscalationStep": "step state number draft_version altered_by decided_by note cite",
    "Ladder": "ladder_id bureau valid_from state in_force proposed_by decided_by ground",
    "UnreachedSubject": "subject_id subject_name bureau address notices oldest_at why",
    "Webhook": "webhook_id url enabled disabled_why kinds added_by added_at failing_since",
    "Template": "template_id bureau kind version state in_force proposed_by decided_by ground",
    "Channel": "channel_id bureau service host enabled disabled_why kinds added_by added_at "
    "failing_since",
    "WebhookMessage": "message_id type state created_at ended_at",
    "NoticeAttempt": "number at accepted answer",
    "WebhookAttempt": "number at status error milliseconds",
    "Exposure": "published_at subject_name statement media cite",
    "ExposedSubject": "published_at subject_name statement cite list_number",
    "ExposureCandidate": "subject_id subject_name bureau ground.course ground.grade obstacles",
    "ExposureEntry": "entry_id subject_name ground.course ground.grade state ended_at "
    "ended_reasons",
    "Authority": "authority_id bureau name email uses retired changed_by changed_at",
    "Circular": "circular_id number bureau state list_number drafted_at issued_at",
    "CircularCandidate": "subject_id subject_name bureau statement cite obstacles_zh told",
    "CircularEntry": "entry_id subject_name statement ended_at",
    "CircularReceiver": "authority_id name email uses state delivered_at failure sent_on remark",
    "ExposureList": "list_id number bureau state compiled_at released_at",
    "Announcement": "subject_name kind source_ref repaired_on announced_until cite",
    "RecordChange": "record_id change changed_on",
    "Sharing": "sharing_id receiver subject_id way shared_on document ended_at",
    "ReceiverNotice": "notice_id case_number receiver state due_on sent_on",
    "FaultKind": "warning faults column message places",
    "Grade": "grade in_force_from in_force_to known_from receipt_id",
    "GradeCount": "ruleset_id grade subjects",
    "ImpactCount": "ruleset_before before after subjects",
    "ImpactMove": "subject_id bureau before after",
    "Index": "index_id area_name area_kind total state assessed_on",
    "IndexRow": "row points found standard cite",
    "Authorisation": "authorisation_id type_code valid_from valid_until document_no",
    "Institution": "institution_id name credit_code bureau contact phone",
    "Report": "entry.type_code entry.serial_no entry.verification.institution "
    "entry.verification.certificate_no entry.verification.report_by "
    "entry.verification.reported_on entry.verification.certificate_on "
    "result_late certificate_late",
    "Punctuality": "institution reported results_late certificates_late steps_late orders_overdue",
    "Order": "order_id type_code serial_no institution state due_on late",
    "OrderNotMoved": "order_id message_zh message_en",
    "OrderTerms": "bureau acceptance_days completion_days valid_from in_force source "
    "set_by released_by released_at",
    "TermFigure": "kind days bureau source valid_from example",
    "OtherResult": "verified_on institution why verification_id",
    "OrderStep": "at state late appointed_on ground",
    "Verifier": "institution_id name contact phone open_orders authorised_until "
    "expectation.expected_on expectation.term_on",
    "VerifierSite": "name address type_codes at_owner",
    "CapacityFigure": "type_codes ahead per_day from_on",
    "Site": "site_id name address type_codes at_owner released closed",
    "Capacity": "capacity_id type_codes per_day from_on",
    "Instrument": "instrument_id type_code serial_no owner_no model location state",
    "InstrumentColour": "colour subject_id place type_code serial_no valid_until days_left "
    "late application.due_on reason_zh cite",
    "Notice": "notice_id created_at kind title address state",
    "Outcome": "title grade not_graded",
    "UntoldAlert": "alert.alert_id days_untold alert.due_on subject_name address "
    "alert.type_code alert.serial_no own_load",
    "UntoldGrade": "subject_id subject_name bureau grade course_zh cite known_on days_untold",
    "PartStanding": "name state result verified_on valid_until colour",
    "PermitEntry": "permit.permit_id permit.matter subject_name permit.document_no "
    "permit.decided_on permit.valid_until permit.open_ended state",
    "Calibration": "calibration_id type_code serial_no calibrated_on laboratory certificate_no "
    "due_on",
    "Dcc": "dcc_id certificate_no laboratory calibrated_on schema_version valid state uploaded_at",
    "DccFinding": "code line field hint message_zh message_en",
    "DccItem": "item name manufacturer model serial_nos owner_nos candidates calibration_id",
    "DccCandidate": "instrument_id type_code serial_no model by",
    "DccCondition": "name value unit",
    "Photograph": "photograph_id shows kind size file_name uploaded_at",
    "Problem": "object message",
    "UpkeepEntry": "upkeep.upkeep_id upkeep.done_on upkeep.kind type_code serial_no subject_name "
    "upkeep.what upkeep.seal_no to_verify",
    "Question": "question_id kind subject_name serial_no source_ref day state",
    "Registration": "registration_id number created_at firm_name person_name bureau state",
    "Record": "record_id kind determined_on points status marks source_ref summary",
    "RowFault": "row column value warning message",
    "Session": "session_id opened_at renewed_at source client present ended_at ended_by_name",
    "RefusedCell": "row column message_zh message_en",
    "Ruleset": "ruleset_id title status version example_valued valid_from valid_to",
    "Step": "at step actor note cite",
    "Subject": "subject_id name credit_code sector bureau deregistered_on",
    "SubjectAct": "on act other_name ground by_name at undone_at act_id",
    "TypeName": "written type_code bureau ground named_at",
    "Verification": "verified_on part result valid_until institution certificate_no",
    "VerificationEntry": "type_code serial_no verification.part verification.verified_on "
    "verification.result "
    "verification.valid_until verification.certificate_no subject_id",
    "Watch": "bureau watched_through",
    "YearEnd": "year ruleset_id ran_at subjects moved moves",
    "AccountName": "account_id display_name",
    "Assignee": "account_id name reason away_until substitute cite",
    "AwaitedOrder": "order_id type_code serial_no institution applied_on due_on late",
    "BoardCount": "bureau type_code colour instruments",
    "GroupCount": "group colour instruments",
    "LateTotal": "late instruments",
    "BureauCases": "bureau waiting overdue overdue_intake decided decided_in_time",
    "CaseAge": "lodged_from lodged_to cases",
    "CaseCount": "kind state cases",
    "CaseLoad": "caseworker waiting due_soon overdue overdue_intake",
    "CaseNote": "at author case_number text mentions",
    "CasesDue": "day terms intakes",
    "DirectoryEntry": "name sites division_code contact phone website",
    "DirectoryLaboratory": "name site document_no valid_until",
    "DirectorySite": "name address type_codes at_owner",
    "AuthorisedType": "type_code valid_until document_no",
    "Qualification": "qualification_id kind name number institution valid_until state",
    "Calibrator": "name number scope valid_until",
    "Expert": "name scope institution contact valid_until",
    "OtherDetail": "field on_file given",
    "LateReport": "report_by days_late cite",
    "Laboratory": "laboratory_id name institution site document_no valid_until authorised",
    "EnvironmentRecord": "hour sensor temperature humidity",
    "EnvironmentMarkEntry": "entry.verification.verification_id entry.serial_no mark.finding "
    "entry.verification.institution mark.laboratory mark.worked_from mark.hours_outside mark.note",
    "UpkeepFile": "file_id kind size file_name uploaded_at",
    "Certificate": "certificate_id version kind size file_name uploaded_at reason",
    "CertificateEntry": "certificate.certificate_id verification.verification.certificate_no "
    "verification.verification.verified_on verification.verification.result instrument_state "
    "certificate.file_name",
    "ColourTotal": "colour instruments",
    "ColumnField": "name label required",
    "DecidedRecord": "record_id case.number case.case_id case.state case.outcome",
    "DecidedSpan": "decided_from decided_to decided decided_in_time",
    "Delivery": "delivery_id means served_on remark recorded_by recorded_at",
    "DisclosedRecord": "subject_name credit_code record.kind record.determined_on record.summary "
    "disclosed_until disclosure_cite",
    "Evidence": "evidence_id kind size file_name description uploaded_at erased_at",
    "FieldValue": "field value",
    "FileColumn": "number heading field learned samples",
    "Hearer": "account_id name is_head",
    "Impact": "impact_id bureau ruleset_id as_of state subjects moved run_at seen_by",
    "Label": "code type_code serial_no model subject_id",
    "Likeness": "likeness_id kind subject_id type_code serial_no record_kind day state",
    "LikeSide": "subject.subject_id subject.name subject.credit_code subject.bureau "
    "subject.address instrument.instrument_id instrument.type_code instrument.serial_no "
    "instrument.model instrument.location instrument.state record.record_id record.kind "
    "record.source_ref record.determined_on record.points record.summary verifications "
    "instruments records kept_apart",
    "MonthCases": "kind lodged decided decided_in_time",
    "MonthCount": "name count",
    "MovedTerm": "kind label bureau old_on new_on is_provisional",
    "Proposal": "proposal_id act object subject_id bureau state proposed_by_name proposed_at",
    "Publication": "record.record_id subject_name record.kind record.determined_on state "
    "public_from told_on may_review",
    "Recusal": "recusal_id number name ground asked_by asked_at answer decided_by successor",
    "SkippedRow": "row text",
    "StuckCase": "case.case_id case.number case.state case.bureau case.caseworker steps",
    "Twins": "subject.subject_id subject.name subject.credit_code subject.bureau namesakes",
    "TypeAhead": "type_code weeks",
    "UnheardCase": "case.case_id case.number case.state case.bureau case.subject_id hand_over_to",
    "UnitPerson": "account_id display_name roles bureau",
    "WeekAhead": "starts_on ends_on instruments",
}
# The lines of a single message; a message that is not named here shows all fields but `UNSHOWN`.
BLOCKS: Mapping[str, str] = {
    "Arrangement": "year document title published_on sha256 days_off make_up amends",
    "CalendarEdition": "edition_id state number arrangement loaded_by loaded_at decided_by "
    "decided_at ground",
    "Batch": "batch_id file_name encoding sheet family bureau state rows changed unchanged "
    "rejected merged left_out in_review to_decide repeated_serials alerts drops would_be_held seen "
    "imported_by imported_at decided_by reasons",
    "Question": "question_id kind state bureau subject_id instrument_id type_code serial_no "
    "record_id source_ref day provided_by summary batch_id answers answer ground opened_at "
    "decided_by decided_at",
    "Case": "number case_id kind state subject_id bureau record_ids grounds evidence lodged_by "
    "lodged_at caseworker repair.grade repair.spell_began_on repair.promise "
    "repair.supplement_requested supplement.missing acts_next term extension_requested_days "
    "extension_ground outcome reasons agent.name agent.until "
    "decided_by decided_at closed_at grade_after",
    "ContestedGrade": "receipt_id grade score grade_without score_without",
    "Escalation": "escalation_id subject_id bureau course facts opened_by grade receipt_id state "
    "step due_on example_values opened_at closed_at close_reasons",
    "Grade": "subject_id grade not_graded ruleset_id in_force_from in_force_to known_from "
    "no_record example_values receipt_id",
    "Impact": "impact_id bureau sectors ruleset_id as_of state subjects moved run_by run_at "
    "seen_by",
    "Index": "area_name area_kind bureau total base bonus deduction assessed_on assessed_by state "
    "published_by published_at withdrawal_ground index_id",
    "Repair": "grade spell_began_on promise supplement_requested",
}
UNSHOWN = frozenset(
    {
        *("version", "removed", "ruleset_hash", "table_hash", "calendar_edition"),
        *("receipt_json", "outlook_json", "compare_json", "result_json", "next_page_token"),
        *("total", "title_en", "message_en", "not_graded_en", "explanation_zh", "explanation_en"),
    }
)
# Messages with a text that is shown below the table: the fields of its title and its body.
DOCUMENTS = {"Letter": ("title", "body"), "EscalationStep": ("title", "body")}
