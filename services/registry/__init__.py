"""The registry: what is known, of whom, from where, and who may enter.

Owns        bureaus, subjects, instruments, verifications and credit records; accounts and the keys
            that sign tokens; the sandbox's clock; files taken in, and what they changed.
Announces   BureausChanged, SubjectsChanged, InstrumentsChanged, VerificationsRecorded,
            RecordsChanged, BatchDecided, ClockMoved.
Listens to  grading's RulesetActivated, for which text governs an archive; its own ClockMoved.
Waits       in `retention/daily`, for the days on which records leave the archive.
"""
