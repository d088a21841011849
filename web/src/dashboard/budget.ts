/** How near a cost is to its budget; the levels are those of the server's alerts. */
export interface Level {
  /** 1 is all of it. */
  share: number;
  state: 'none' | 'fine' | 'near' | 'over';
}

export function budgetLevel(cost: number, budget: number): Level {
  if (!(budget > 0)) return { share: 0, state: 'none' };
  const share = cost / budget;
  return { share, state: share >= 1 ? 'over' : share >= 0.8 ? 'near' : 'fine' };
}
