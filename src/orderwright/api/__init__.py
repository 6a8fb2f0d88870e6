"""Transport only: REST, GraphQL, sessions, and errors as problem documents."""
