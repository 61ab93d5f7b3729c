"""x"""
from petition_app.admin.translations.deeds.deed import Deed
DEEDS: list[Deed] = []
