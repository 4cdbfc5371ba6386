"""Uploads to a server: resumable, on disk until the network has them.

uploads (the use case)   holds seat receiving storing (what runs)   directory session upload (disk)
"""

from walrus_core.services.uploads.accounts import Accounts, OpenAccounts
from walrus_core.services.uploads.limits import UploadLimits
from walrus_core.services.uploads.store_news import StoreNews
from walrus_core.services.uploads.upload import Order, StoredBlob, Upload, UploadState
from walrus_core.services.uploads.uploads import Content, News, Uploads

__all__ = [
    "Accounts",
    "Content",
    "News",
    "OpenAccounts",
    "Order",
    "StoreNews",
    "StoredBlob",
    "Upload",
    "UploadLimits",
    "UploadState",
    "Uploads",
]
