"""The registry: subjects, their instruments and credit records, and the accounts that sign in.

Owns        bureaus, subjects, instruments, verifications and credit records; accounts and the keys
            that sign tokens; the sandbox's clock; imports, and what they changed.
Announces   BureausChanged, SubjectsChanged, InstrumentsChanged, VerificationsRecorded,
            RecordsChanged, BatchDecided, ClockMoved.
Listens to  RulesetActivated of grading, for which text governs an archive; its own ClockMoved.
Waits       in `retention/daily`, for the days on which records leave the archive.
"""
