"""Voices and recognisers that a commune may install: what there is, where it lies, and whether it is whole."""

from __future__ import annotations

from smartradio.catalogue.entries import Catalogue, Engine, Kind, Model, ModelFile, load_catalogue
from smartradio.catalogue.places import built_in_catalogue, models_folder

__all__ = ["Catalogue", "Engine", "Kind", "Model", "ModelFile", "built_in_catalogue", "load_catalogue", "models_folder"]
