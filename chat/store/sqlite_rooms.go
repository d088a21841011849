package store

import (
	"context"
	"fmt"

	"github.com/globalfandom/lightstick/chat/store/statements"
)

// roomTable is the rooms' settings.
type roomTable struct{ *database }

// Room implements Store.
func (t roomTable) Room(ctx context.Context, room string) (Settings, error) {
	row, err := t.read.RoomSettings(ctx, room)
	if err != nil {
		return Settings{}, fault(err)
	}
	return settingsOf(&row)
}

// Rooms implements Store.
func (t roomTable) Rooms(ctx context.Context) ([]Settings, error) {
	rows, err := t.read.AllRoomSettings(ctx)
	return convert(rows, err, settingsOf)
}

func settingsOf(row *statements.Room) (Settings, error) {
	return Settings{Room: row.Room, Data: []byte(row.Data), Revision: row.Revision}, nil
}

// SaveRoom implements Store.
func (t roomTable) SaveRoom(ctx context.Context, settings Settings) error {
	if err := required(field{"room", settings.Room, MaxSubject}, field{"settings", string(settings.Data), MaxSettings}); err != nil {
		return err
	}
	if err := jsonValue("settings", settings.Data, MaxSettings); err != nil {
		return err
	}
	rows, err := t.write.SaveRoom(ctx, settings.Room, string(settings.Data), settings.Revision)
	if err == nil && rows == 0 {
		return fmt.Errorf("room %s: %w", settings.Room, ErrConflict)
	}
	return fault(err)
}

// DeleteRoom implements Store.
func (t roomTable) DeleteRoom(ctx context.Context, room string) error {
	if err := t.write.DeleteRoom(ctx, room); err != nil {
		return fault(err)
	}
	if err := t.write.DeleteTombstonesOfRoom(ctx, room); err != nil { // few rows
		return fault(err)
	}
	for _, remove := range []func(context.Context, string, int64) (int64, error){
		t.write.DeleteSanctionsOfRoom, t.write.DeleteAuditOfRoom, t.write.DeleteEntriesOfRoom,
	} {
		if _, err := inSteps(ctx, -1, func(rows int64) (int64, error) { return remove(ctx, room, rows) }); err != nil {
			return err
		}
	}
	return nil
}
