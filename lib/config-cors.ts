import { z } from "zod";
import { fields } from "./config-fields.ts";

const ORIGIN_FORM = '"*" or an origin, such as "https://app.example.com"';

export const Cors = fields({
  origins: z
    .array(
      z
        .string({ error: ORIGIN_FORM })
        .refine((origin) => origin === "*" || URL.parse(origin)?.origin === origin, {
          error: ORIGIN_FORM,
        }),
      { error: `a list of ${ORIGIN_FORM}` },
    )
    .default(["*"]),
});
