"""The reader: blobs from storage nodes of which a third may be dead or lying.

* `Reader`: what can be read, and how;
* `reading`, `gathering`, `candidates`, `questions`: slivers of one blob, from whoever gives them;
* `whole`, `spool`: a blob at once; `rows`, `blob_file`: parts of it, in any order;
* `roster`, `committees`, `metadata`, `status`: who holds it, and what it is.
"""

from walrus_core.services.reader.blob_file import BlobFile
from walrus_core.services.reader.options import ReadOptions
from walrus_core.services.reader.reader import Reader
from walrus_core.services.reader.traffic import ReadOutcome, Traffic

__all__ = ["BlobFile", "ReadOptions", "ReadOutcome", "Reader", "Traffic"]
