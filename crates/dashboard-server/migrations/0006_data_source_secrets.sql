-- Secrets of data sources that were set through the API, encrypted with the server's key. Those of provisioned data
-- sources stay in their files.
CREATE TABLE data_source_secrets (
    data_source_id INTEGER NOT NULL REFERENCES data_sources (id) ON DELETE CASCADE,
    name           TEXT    NOT NULL,
    sealed         TEXT    NOT NULL,
    PRIMARY KEY (data_source_id, name)
) STRICT;
