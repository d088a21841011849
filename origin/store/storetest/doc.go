// Package storetest says in tests what a store.Store has to do. Every
// implementation runs it.
package storetest
