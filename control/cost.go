package control

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/globalfandom/lightstick/cdn/cost"
)

// Costs is what the API asks of the bill. It may be used concurrently.
type Costs interface {
	Report() cost.Report
	// Project fails with cost.ErrNothingMeasured or cost.ErrShow.
	Project(cost.Show) (cost.Projection, error)
	Budget() cost.Budget
	Table() *cost.Table
}

// CostView is the bill as the API shows it. Amounts are in Currency.
type CostView struct {
	Currency string    `json:"currency"`
	At       time.Time `json:"at"`
	PerHour  RatesView `json:"per_hour" doc:"Cost of an hour at the pace of the last minutes"`
	Month    MonthView `json:"month"`
	// PerViewerHour is missing when nobody is known to have watched.
	PerViewerHour *float64        `json:"per_viewer_hour,omitempty" doc:"Of the last hour; missing when nobody is known to have watched"`
	CDNs          []CostItem      `json:"cdns"`
	Streams       []CostItem      `json:"streams" doc:"The dearest first, 1000 at most"`
	Projection    *ProjectionView `json:"projection,omitempty" doc:"Missing while nothing is known of what a viewer takes"`
}

// RatesView is costs of an hour.
type RatesView struct {
	Minute      float64 `json:"minute"`
	FiveMinutes float64 `json:"five_minutes"`
	Hour        float64 `json:"hour"`
}

// MonthView is the month to date.
type MonthView struct {
	Since time.Time `json:"since"`
	Cost  float64   `json:"cost"`
	// Budgets; 0: none.
	Budget        float64 `json:"budget" doc:"0: none"`
	BudgetPerHour float64 `json:"budget_per_hour" doc:"0: none"`
}

// CostItem is a CDN's or a stream's part.
type CostItem struct {
	Name          string    `json:"name"`
	PerHour       RatesView `json:"per_hour"`
	Month         float64   `json:"month"`
	Requests      int64     `json:"requests" doc:"Of the month"`
	Bytes         int64     `json:"bytes"`
	ViewerHours   float64   `json:"viewer_hours"`
	PerViewerHour float64   `json:"per_viewer_hour" doc:"Of the last hour; 0: unknown"`
	Priced        bool      `json:"priced" doc:"false: there is no price for this CDN, and it is missing from the sums"`
}

// ProjectionView is what a show would cost.
type ProjectionView struct {
	Viewers           int         `json:"viewers"`
	Hours             float64     `json:"hours"`
	Bitrate           float64     `json:"bitrate" doc:"kbit/s that one viewer takes"`
	RequestsPerSecond float64     `json:"requests_per_second" doc:"Of one viewer"`
	Measured          bool        `json:"measured" doc:"Bitrate, requests or both are what viewers took"`
	Bytes             int64       `json:"bytes"`
	Requests          int64       `json:"requests"`
	CDNs              []QuoteView `json:"cdns" doc:"The cheapest first"`
}

// QuoteView is what a show would cost on one CDN.
type QuoteView struct {
	Name     string        `json:"name"`
	Title    string        `json:"title"`
	Cost     float64       `json:"cost"`
	PerHour  float64       `json:"per_hour"`
	Verified bool          `json:"verified" doc:"All prices were read at the provider's"`
	Note     string        `json:"note,omitempty"`
	Sources  []cost.Source `json:"sources"`
}

type costInput struct {
	Viewers  int     `query:"viewers" default:"100000" minimum:"1" maximum:"1000000000" doc:"Audience of the projection"`
	Hours    float64 `query:"hours" default:"1" minimum:"0.01" maximum:"744" doc:"How long it watches"`
	Bitrate  float64 `query:"bitrate" minimum:"0" maximum:"8000000" doc:"kbit/s that one viewer takes; 0: as measured"`
	Requests float64 `query:"requests" minimum:"0" maximum:"10000" doc:"Requests that one viewer makes in a second; 0: as measured"`
	Country  string  `query:"country" maxLength:"2" doc:"Where the viewers are (ISO 3166-1); empty: where those of the last hour were"`
}

// costRoutes are the API's routes for what delivery costs.
type costRoutes struct{ costs Costs }

func (routes costRoutes) register(api huma.API) {
	huma.Register(api, operation("GET", "/cost", "get-cost", "What delivery costs, and what a show would", http.StatusOK),
		func(_ context.Context, in *costInput) (*struct{ Body CostView }, error) {
			show := cost.Show{
				Viewers: in.Viewers, For: time.Duration(in.Hours * float64(time.Hour)),
				BytesPerSecond: in.Bitrate * 125, RequestsPerSecond: in.Requests, Country: cost.CleanCountry(in.Country),
			}
			if in.Country != "" && show.Country == "" {
				return nil, huma.Error422UnprocessableEntity("country: use a code of two letters, such as DE")
			}
			view := routes.view()
			projection, err := routes.costs.Project(show)
			switch {
			case err == nil:
				view.Projection = routes.projection(projection)
			case !errors.Is(err, cost.ErrNothingMeasured):
				return nil, huma.Error422UnprocessableEntity(err.Error())
			}
			return &struct{ Body CostView }{view}, nil
		})
}

// maxCostStreams bounds an answer.
const maxCostStreams = 1000

func (routes costRoutes) view() CostView {
	r, budget := routes.costs.Report(), routes.costs.Budget()
	v := CostView{
		Currency: r.Currency, At: r.At.UTC(), PerHour: ratesView(r.Rate),
		Month: MonthView{Since: r.MonthStart, Cost: r.Month.Float(), Budget: budget.PerMonth.Float(), BudgetPerHour: budget.PerHour.Float()},
		CDNs:  costItems(r.CDNs), Streams: costItems(r.Streams[:min(len(r.Streams), maxCostStreams)]),
	}
	if r.Watched > 0 {
		v.PerViewerHour = new(r.PerViewerHour.Float())
	}
	return v
}

func ratesView(r cost.Rates) RatesView {
	return RatesView{Minute: r.Minute.Float(), FiveMinutes: r.FiveMinutes.Float(), Hour: r.Hour.Float()}
}

func costItems(items []cost.Item) []CostItem {
	views := make([]CostItem, len(items))
	for i, item := range items {
		views[i] = CostItem{
			Name: item.Name, PerHour: ratesView(item.Rate), Month: item.Month.Float(), Requests: item.Requests, Bytes: item.Bytes,
			ViewerHours: item.Watched.Hours(), PerViewerHour: item.PerViewerHour.Float(), Priced: item.Priced,
		}
	}
	return views
}

func (routes costRoutes) projection(p cost.Projection) *ProjectionView {
	v := &ProjectionView{
		Viewers: p.Viewers, Hours: p.For.Hours(), Bitrate: p.BytesPerSecond / 125, RequestsPerSecond: p.RequestsPerSecond,
		Measured: p.Measured, Bytes: p.Bytes, Requests: p.Requests, CDNs: make([]QuoteView, len(p.CDNs)),
	}
	for i, q := range p.CDNs {
		v.CDNs[i] = QuoteView{
			Name: q.Name, Title: q.Title, Cost: q.Cost.Float(), PerHour: q.PerHour.Float(), Verified: q.Verified, Note: q.Note,
			Sources: routes.costs.Table().CDNs[q.Name].Sources,
		}
	}
	return v
}
