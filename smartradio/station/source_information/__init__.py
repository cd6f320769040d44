"""The link to the source-information system of the province and the centre: items down, airing reports up."""
