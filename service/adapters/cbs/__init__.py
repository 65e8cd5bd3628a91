"""Statistics Netherlands (CBS): its open data by OData version 4."""

from service.adapters.cbs.figures import CbsPublicFigures
from service.adapters.cbs.odata import OData

__all__ = ["CbsPublicFigures", "OData"]
