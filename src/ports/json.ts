// JSON as a type.

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json | undefined };
