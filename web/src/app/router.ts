/** Behaviour of the router's next major version that is already ours; without it, it warns on the console. */
export const ROUTER_FUTURE = { v7_startTransition: true, v7_relativeSplatPath: true } as const;
