"""The rows of the table of commands on calibrations and on photographs of instruments."""

from __future__ import annotations

from services.cli.commands.row import Command, Row

_COMMANDS = "services.cli.commands"

CALIBRATION_COMMANDS = (
    Command("calibration upload", f"{_COMMANDS}.calibrations:calibration_upload",
            "上传一份数字校准证书（DCC）；读出的内容待人确认。",
            "Sends a DCC; what it says waits for a person to confirm it."),
    Command("calibration save", f"{_COMMANDS}.calibrations:calibration_save",
            "把数字校准证书的文件存到本机。", "Saves the file of a DCC on this machine."),
    Command("instrument photograph", f"{_COMMANDS}.calibrations:instrument_photograph",
            "给一件器具附上铭牌或者登记表的照片。",
            "Adds a photograph of its plate or form to an instrument."),
    Command("photograph save", f"{_COMMANDS}.calibrations:photograph_save",
            "把一张照片存到本机。", "Saves a photograph on this machine."),
)  # fmt: skip

CALIBRATION_ROWS = (
    Row("calibration files", "calibrations.ListDccs", "列出数字校准证书，新的在前。",
        "Lists DCCs, newest first.", defaults={"page_size": 50}),
    Row("calibration versions", "calibrations.ListDccVersions",
        "列出平台有其模式文件的 DCC 版本。",
        "Lists the versions of DCCs whose schemas the platform has."),
    Row("calibration file", "calibrations.GetDcc",
        "显示一份数字校准证书：检查结果、各项及可能对应的器具。",
        "Shows a DCC: what was found, its items, and which instruments they may be.",
        args="dcc_id"),
    Row("calibration confirm", "calibrations.ConfirmCalibration",
        "确认证书的一项就是某件器具；校准不是检定，不改变颜色。",
        "Confirms that an item of a DCC is an instrument; a calibration is no verification.",
        args="dcc_id item instrument_id"),
    Row("calibration dismiss", "calibrations.DismissDcc", "搁置一份数字校准证书，写明理由。",
        "Sets a DCC aside, with why.", args="dcc_id"),
    Row("calibration resume", "calibrations.ResumeDcc",
        "恢复一份已经搁置的数字校准证书，写明理由。",
        "Takes a DCC up again that was set aside, with why.", args="dcc_id"),
    Row("calibration withdraw", "calibrations.WithdrawCalibration",
        "撤回一次已确认的校准，写明理由。", "Takes a confirmed calibration back, with why.",
        args="calibration_id"),
    Row("calibration list", "calibrations.ListCalibrations",
        "列出校准，新的在前；问到期的，先到期的在前。",
        "Lists calibrations: the latest first, or by the day the next is due.",
        defaults={"page_size": 50}),
    Row("calibration cycle", "calibrations.SetCalibrationCycle",
        "设置本单位一件器具的校准周期（月）；0 为不设。",
        "Sets after how many months an instrument is calibrated again; 0 for never.",
        args="instrument_id months"),
    Row("instrument photographs", "photographs.ListPhotographs", "列出一件器具的照片。",
        "Lists the photographs of an instrument.", args="instrument_id"),
)  # fmt: skip
