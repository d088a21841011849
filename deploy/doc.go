// Package deploy holds no code: the files around it are what docker-compose.yml
// mounts into its services, and the unit for systemd. The tests hold them to what
// they speak about: our configuration, each other, the documentation. The tests in
// test/e2e run the same files without containers.
package deploy
