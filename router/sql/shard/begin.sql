\echo Use "CREATE EXTENSION s2t_shard" to load this file. \quit

-- What a router calls on a server with s2t: twins of the API's routines, with errors as values. The schema
-- of s2t is written @s2t@ in bodies; the end of the script puts its name there.
