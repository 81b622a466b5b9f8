"""The registry service: the register of subjects with their instruments and credit records.

Owns        bureaus, subjects, instruments with the log of their upkeep, verifications, credit
            records, permits, institutions and what they release of themselves, their laboratories
            with the records of these, calibration institutions and people of metrology; accounts
            and the keys that sign tokens; the sandbox's clock; imports, and the rows that each
            import changed.
Announces   BureausChanged, SubjectsChanged, InstrumentsChanged, VerificationsRecorded,
            RecordsChanged, PermitsChanged, CalibrationDueChanged, CertificateUploaded,
            BatchDecided, ProposalDecided, AccountMailDue, InstitutionsChanged, InstitutionDue,
            EndingsChanged, DccChanged, UpkeepNoted, LaboratoryShown, EnvironmentMarked,
            EnvironmentNoted, OrderTermsStated, ClockMoved.
Listens to  RulesetActivated of grading, for which ruleset governs an archive; its own ClockMoved
            and VerificationsRecorded.
Waits       in `retention/daily`, for the days on which records leave the archive.
"""
