"""Days as letters and reminders write them."""

from __future__ import annotations

from datetime import date


def day_zh(day: date) -> str:
    """Returns a day in the Chinese form that letters use: 2026年9月21日."""
    return f"{day.year}年{day.month}月{day.day}日"
