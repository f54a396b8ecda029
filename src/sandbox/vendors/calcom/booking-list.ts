import type { Desk, VendorAnswer, VendorRequest } from "../vendor-server.ts";
import { bookingBody, oldestBody } from "./booking-body.ts";
import { badRequest, versionOf, type Booking, type CalcomState } from "./calcom-state.ts";

/** The list has a version of its own, newer than that of the single booking. */
export const listVersions = ["2026-05-01", "2026-02-25", "2024-08-13"] as const;

type Test = (booking: Booking, now: number) => boolean;

const statusTests: Readonly<Record<string, Test>> = {
  upcoming: ({ status, endAt }, now) => (status === "accepted" || status === "pending") && endAt >= now,
  past: ({ status, endAt }, now) => (status === "accepted" || status === "pending") && endAt < now,
  cancelled: ({ status }) => status === "cancelled" || status === "rejected",
  unconfirmed: ({ status }) => status === "pending",
  recurring: () => false,
};

/** Times compared as `gt` or `lt`, as the names say. */
const timeTests: Readonly<Record<string, (booking: Booking, at: number) => boolean>> = {
  afterStart: ({ startAt }, at) => startAt >= at,
  beforeEnd: ({ endAt }, at) => endAt <= at,
  afterCreatedAt: ({ createdAt }, at) => createdAt >= at,
  beforeCreatedAt: ({ createdAt }, at) => createdAt <= at,
  afterUpdatedAt: ({ updatedAt }, at) => updatedAt >= at,
  beforeUpdatedAt: ({ updatedAt }, at) => updatedAt <= at,
};

const orders: Readonly<Record<string, (booking: Booking) => number>> = {
  sortStart: ({ startAt }) => startAt,
  sortEnd: ({ endAt }) => endAt,
  sortCreated: ({ createdAt }) => createdAt,
  sortUpdatedAt: ({ updatedAt }) => updatedAt,
};

/** `GET /v2/bookings` in the paging of the version that was asked for. */
export function listBookings(request: VendorRequest, { state, now }: Desk<CalcomState>): VendorAnswer {
  const { query } = request;
  const version = versionOf(request, listVersions);
  const tests: Test[] = [];
  const statuses = query.getAll("status").flatMap((each) => each.split(","));
  if (statuses.some((status) => statusTests[status] === undefined)) return badRequest("Invalid status", request);
  if (statuses.length > 0) tests.push((booking) => statuses.some((status) => statusTests[status]?.(booking, now)));
  for (const [name, compare] of Object.entries(timeTests)) {
    const text = query.get(name);
    if (text === null) continue;
    const at = Date.parse(text);
    if (Number.isNaN(at)) return badRequest(`${name} must be a valid ISO 8601 date string`, request);
    tests.push((booking) => compare(booking, at));
  }
  const types = [query.get("eventTypeId"), query.get("eventTypeIds")].flatMap((ids) => ids?.split(",") ?? []).map(Number);
  if (types.length > 0) tests.push(({ eventTypeId }) => types.includes(eventTypeId));
  const email = query.get("attendeeEmail");
  if (email !== null) tests.push(({ attendee }) => attendee.email === email);
  const uid = query.get("bookingUid");
  if (uid !== null) tests.push((booking) => booking.uid === uid);

  const sorted = Object.keys(orders).find((name) => query.get(name) !== null) ?? "sortStart";
  const valueOf = orders[sorted] ?? (({ id }) => id);
  const sign = query.get(sorted) === "desc" ? -1 : 1;
  const matching = [...state.bookings.values()]
    .filter((booking) => tests.every((test) => test(booking, now)))
    .sort((left, right) => sign * (valueOf(left) - valueOf(right) || left.id - right.id));
  return version === "2026-05-01" ? byCursor(request, matching, state) : byOffset(request, matching, state, version === "oldest");
}

function byCursor(request: VendorRequest, matching: readonly Booking[], state: CalcomState): VendorAnswer {
  const limit = Number(request.query.get("limit") ?? 50);
  if (!Number.isInteger(limit) || limit < 1 || limit > 100) return badRequest("limit must be between 1 and 100", request);
  const cursor = request.query.get("cursor");
  const found = cursor === null ? -1 : matching.findIndex(({ uid }) => cursorOf(uid) === cursor);
  if (cursor !== null && found === -1) return badRequest("cursor is invalid", request);
  const page = matching.slice(found + 1, found + 1 + limit);
  const hasMore = found + 1 + page.length < matching.length;
  const last = page.at(-1);
  const pagination = { nextCursor: hasMore && last !== undefined ? cursorOf(last.uid) : null, hasMore };
  return { status: 200, body: { status: "success", data: page.map((booking) => bookingBody(booking, state)), pagination } };
}

const cursorOf = (uid: string): string => Buffer.from(uid).toString("base64url");

function byOffset(request: VendorRequest, matching: readonly Booking[], state: CalcomState, isOldest: boolean): VendorAnswer {
  const take = Number(request.query.get("take") ?? 100);
  const skip = Number(request.query.get("skip") ?? 0);
  if (!Number.isInteger(take) || take < 1 || take > 250) return badRequest("take must be between 1 and 250", request);
  if (!Number.isInteger(skip) || skip < 0) return badRequest("skip must not be negative", request);
  const page = matching.slice(skip, skip + take);
  if (isOldest) {
    const data = { bookings: page.map((booking) => oldestBody(booking, state)), recurringInfo: [], nextCursor: null };
    return { status: 200, body: { status: "success", data } };
  }
  const totalItems = matching.length;
  const remainingItems = Math.max(0, totalItems - skip - page.length);
  const pagination = {
    totalItems,
    remainingItems,
    returnedItems: page.length,
    itemsPerPage: take,
    currentPage: Math.floor(skip / take) + 1,
    totalPages: Math.ceil(totalItems / take),
    hasNextPage: remainingItems > 0,
    hasPreviousPage: skip > 0,
  };
  return { status: 200, body: { status: "success", data: page.map((booking) => bookingBody(booking, state)), pagination } };
}
