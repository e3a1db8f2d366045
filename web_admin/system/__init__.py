"""Behind the page of the system: the doctor's last look, and backups that are being made."""
