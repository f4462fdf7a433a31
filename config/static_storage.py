from typing import Any

from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticStorage(CompressedManifestStaticFilesStorage):
    """Hashed and gzipped files. Not Brotli: its strongest setting made a first start 20 s longer."""

    # What a module imports is hashed too, so its name inside the module must be the hashed one.
    support_js_module_import_aggregation = True

    def create_compressor(self, **options: Any) -> Compressor:
        return Compressor(**{**options, "use_brotli": False})
