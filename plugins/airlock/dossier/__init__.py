"""The dossier: everything an approver decides by and an auditor proves, in one folder under one digest."""
