// Package objectstoretest says in tests what a store.Store has to do. Every
// implementation runs it.
package objectstoretest
