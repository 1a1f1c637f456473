/** What a request may ask for. */
export type Permission = 'write' | 'query' | 'operate' | 'administer'

/** What a token is for. */
export type Role = 'ingest' | 'read' | 'operate' | 'admin'

const MAY: Readonly<Record<Role, Readonly<Record<Permission, boolean>>>> = {
  ingest: { write: true, query: false, operate: false, administer: false },
  read: { write: false, query: true, operate: false, administer: false },
  operate: { write: false, query: true, operate: true, administer: false },
  admin: { write: true, query: true, operate: true, administer: true },
}

/** Every role, the least powerful first. */
export const ROLES = Object.keys(MAY) as readonly Role[]

/** True if the role has the permission. */
export function roleMay(role: Role, permission: Permission): boolean {
  return MAY[role][permission]
}

/** The least powerful role that has the permission. */
export function leastRole(permission: Permission): Role {
  return ROLES.find((role) => MAY[role][permission]) ?? 'admin'
}
