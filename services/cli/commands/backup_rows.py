"""The commands about backups, which are written by hand."""

from __future__ import annotations

from services.cli.commands.row import Command

_BACKUP = "services.cli.backup.commands"
BACKUP_COMMANDS = (
    Command("backup create", f"{_BACKUP}:backup_create",
            "备份本机的平台，运行中也可；备好即试恢复一次。",
            "Backs up the platform of this machine, also while it runs, and tries the backup out."),
    Command("backup check", f"{_BACKUP}:backup_check", "试恢复一份备份，看是否完好。",
            "Restores a backup as a trial, and says whether it is sound."),
    Command("backup restore", f"{_BACKUP}:backup_restore", "把备份恢复为新的数据目录。",
            "Restores a backup as a new data directory."),
    Command("rebuild", f"{_BACKUP}:rebuild",
            "一个服务的数据库恢复得较旧时，补处理它缺少的事件。",
            "Has a service whose database was set back handle the events that it lacks."),
    Command("migrate", "services.cli.backup.migrate:migrate",
            "把数据表升级到本版本；以表所有者的身份、在各服务启动之前执行。",
            "Brings the tables to this release."),
    Command("downgrade", "services.cli.backup.downgrade:downgrade",
            "停机后退回一个服务的表结构，供较早的版本使用。",
            "Takes the tables of a service back, for an earlier release, while nothing runs."),
)  # fmt: skip
