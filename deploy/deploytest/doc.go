// Package deploytest reads docker-compose.yml as Compose does, with the secrets that
// scripts/compose-env.sh makes, for tests.
package deploytest
