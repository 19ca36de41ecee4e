# Appended to the settings that bugsink-create-conf writes: the schema is strict, and no quota hides an event.
BUGSINK.update({
    "PHONEHOME": False,
    "VALIDATE_ON_DIGEST": "strict",
    "KEEP_ENVELOPES": 10,
    "INGEST_STORE_BASE_DIR": "ingest",
    "MAX_EVENTS_PER_5_MINUTES": 1_000_000,
    "MAX_EVENTS_PER_HOUR": 1_000_000,
    "MAX_EVENTS_PER_PROJECT_PER_5_MINUTES": 1_000_000,
    "MAX_EVENTS_PER_PROJECT_PER_HOUR": 1_000_000,
})
