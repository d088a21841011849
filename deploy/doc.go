// Package deploy holds no code: the files around it are what docker-compose.yml
// mounts into its services, and the unit for systemd. The tests compare them with our
// configuration, with each other and with the documentation, and the documentation with
// the tree. The tests in test/e2e run the same files without containers.
package deploy
