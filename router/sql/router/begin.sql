\echo Use "CREATE EXTENSION s2t_router" to load this file. \quit

-- The API of s2t over many servers: each routine finds the server by the slot of an id, and calls the
-- twin that s2t_shard has there.
CREATE SCHEMA s2t_router;
COMMENT ON SCHEMA s2t_router
    IS 'What s2t_router is made of: the map of the slots, and functions that its routines call.';
