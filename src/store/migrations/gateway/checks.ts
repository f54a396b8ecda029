/** What the leader's checks saw last, for every process that is asked how the gateway is. */
export const checkTables = `
create table gateway.check_result (
  round text not null,
  id text not null,
  subject text not null,
  data jsonb not null,
  seen_at timestamptz not null,
  primary key (round, id, subject)
);
`;
