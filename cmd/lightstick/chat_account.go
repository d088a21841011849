package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"text/tabwriter"
	"time"

	"github.com/globalfandom/lightstick/chat/filter"
	"github.com/globalfandom/lightstick/chat/identity"
	"github.com/globalfandom/lightstick/chat/message"
	"github.com/globalfandom/lightstick/chat/store"
)

type chatAccountCommands struct {
	Add      chatAccountAdd      `cmd:"" help:"Create an account. Its password is generated and printed only once, or read from standard input."`
	List     chatAccountList     `cmd:"" help:"List the accounts."`
	Role     chatAccountRole     `cmd:"" help:"Change an account's role."`
	Password chatAccountPassword `cmd:"" help:"Change an account's password, and sign it out everywhere."`
	Lock     chatAccountLock     `cmd:"" help:"Lock an account, and sign it out everywhere."`
	Unlock   chatAccountUnlock   `cmd:"" help:"Unlock an account."`
	Delete   chatAccountDelete   `cmd:"" help:"Delete an account. Its messages stay."`
}

// passwordFlag says where a password comes from. It is never an argument: those are
// seen by everybody on the machine, and kept in the shell's history.
type passwordFlag struct {
	Stdin bool `name:"password-stdin" help:"Read the password from standard input: typed twice on a terminal, else its first line. Without this a password is generated and printed."`
}

// get is the password, and whether it was made here.
func (f passwordFlag) get() (password string, made bool, err error) {
	if !f.Stdin {
		return identity.NewPassword(), true, nil
	}
	password, err = readPassword(os.Stdin, os.Stderr)
	return password, false, err
}

// accounts are those in the data directory. close must be called.
func (c common) accounts(ctx context.Context) (_ *identity.Accounts, close func(), err error) {
	if err := c.mustBeServed(); err != nil {
		return nil, nil, err
	}
	kept, err := store.Open(ctx, c.Data)
	if err != nil {
		return nil, nil, err
	}
	names := identity.NewNames(identity.NamesConfig{Fold: filter.FoldName})
	accounts := identity.NewAccounts(kept, names, slog.New(slog.NewTextHandler(os.Stderr, nil)))
	return accounts, func() { _ = kept.Close() }, nil
}

// account does something to the account of a name.
func (c common) account(ctx context.Context, name string, do func(*identity.Accounts, identity.Account) error) error {
	accounts, done, err := c.accounts(ctx)
	if err != nil {
		return err
	}
	defer done()
	account, err := accounts.ByName(ctx, name)
	if err != nil {
		if errors.Is(err, identity.ErrNoAccount) {
			return fmt.Errorf("%s: %w; 'lightstick chat account list' shows all", name, err)
		}
		return fmt.Errorf("%s: %w", name, err)
	}
	return do(accounts, account)
}

type chatAccountAdd struct {
	common       `embed:""`
	Name         string `arg:"" help:"Name to sign in with. Everybody sees it."`
	Role         string `help:"Role." enum:"member,subscriber,moderator,host" default:"member" placeholder:"member|subscriber|moderator|host"`
	Color        string `help:"Colour of the name." placeholder:"#rrggbb"`
	passwordFlag `embed:""`
}

func (c *chatAccountAdd) Run(ctx context.Context, out io.Writer) error {
	password, made, err := c.get()
	if err != nil {
		return err
	}
	accounts, done, err := c.accounts(ctx)
	if err != nil {
		return err
	}
	defer done()
	account, err := accounts.Create(ctx, identity.NewAccount{Name: c.Name, Role: message.Role(c.Role), Color: c.Color, Password: password})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "account   %s\nname      %s\nrole      %s\n", account.ID, account.Name, account.Role)
	return printPassword(out, password, made)
}

func printPassword(out io.Writer, password string, made bool) error {
	if !made {
		return nil
	}
	_, err := fmt.Fprintf(out, "password  %s\n\nThe password is shown only once.\n", password)
	return err
}

type chatAccountList struct {
	common `embed:""`
}

func (c *chatAccountList) Run(ctx context.Context, out io.Writer) error {
	accounts, done, err := c.accounts(ctx)
	if err != nil {
		return err
	}
	defer done()
	all, err := accounts.List(ctx)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ACCOUNT\tNAME\tROLE\tCREATED\tSTATE")
	for _, a := range all {
		state := "active"
		if a.Disabled {
			state = "locked"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", a.ID, a.Name, a.Role, a.Created.Format(time.DateTime), state)
	}
	return w.Flush()
}

type chatAccountRole struct {
	common `embed:""`
	Name   string `arg:"" help:"Name of the account."`
	Role   string `arg:"" help:"member, subscriber, moderator or host." enum:"member,subscriber,moderator,host"`
}

func (c *chatAccountRole) Run(ctx context.Context) error {
	return c.account(ctx, c.Name, func(all *identity.Accounts, a identity.Account) error {
		return all.SetRole(ctx, a.ID, message.Role(c.Role))
	})
}

type chatAccountPassword struct {
	common       `embed:""`
	Name         string `arg:"" help:"Name of the account."`
	passwordFlag `embed:""`
}

func (c *chatAccountPassword) Run(ctx context.Context, out io.Writer) error {
	return c.account(ctx, c.Name, func(all *identity.Accounts, a identity.Account) error {
		password, made, err := c.get()
		if err != nil {
			return err
		}
		if err := all.SetPassword(ctx, a.ID, password); err != nil {
			return err
		}
		return printPassword(out, password, made)
	})
}

type chatAccountLock struct {
	common `embed:""`
	Name   string `arg:"" help:"Name of the account."`
}

func (c *chatAccountLock) Run(ctx context.Context) error {
	return c.account(ctx, c.Name, func(all *identity.Accounts, a identity.Account) error {
		return all.SetDisabled(ctx, a.ID, true)
	})
}

type chatAccountUnlock struct {
	common `embed:""`
	Name   string `arg:"" help:"Name of the account."`
}

func (c *chatAccountUnlock) Run(ctx context.Context) error {
	return c.account(ctx, c.Name, func(all *identity.Accounts, a identity.Account) error {
		return all.SetDisabled(ctx, a.ID, false)
	})
}

type chatAccountDelete struct {
	common `embed:""`
	Name   string `arg:"" help:"Name of the account."`
}

func (c *chatAccountDelete) Run(ctx context.Context) error {
	return c.account(ctx, c.Name, func(all *identity.Accounts, a identity.Account) error {
		return all.Delete(ctx, a.ID)
	})
}
