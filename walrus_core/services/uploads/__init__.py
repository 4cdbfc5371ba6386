"""Uploads to a server: resumable, on disk until the network has them.

uploads                        the use case
holds seat receiving storing   what runs: who is at an upload, its bytes, its way to the network
directory session              the disk
upload store_news              what is known of one, and how far it is
accounts limits                who may have how much
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
