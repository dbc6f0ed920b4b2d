import { z } from "zod";

const whole = z
  .string()
  .regex(/^\d{1,15}$/u, "expected a whole number")
  .transform(Number);

/** `?limit=…&offset=…`; what is not given is left out. */
export const pageQuery = z
  .object({ limit: whole.optional(), offset: whole.optional() })
  .transform(({ limit, offset }) => ({
    ...(limit !== undefined && { limit }),
    ...(offset !== undefined && { offset }),
  }));
