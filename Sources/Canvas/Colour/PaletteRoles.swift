/// A palette as its designer wrote it down, in sRGB.
struct PaletteRoles {
    let sky: [UInt32]
    let light: UInt32
    let haze: UInt32
    let ground: [UInt32]
    let accents: [UInt32]
    let paper: UInt32
    let ink: UInt32
}

extension Palette {
    var roles: PaletteRoles {
        switch self {
        case .day:
            PaletteRoles(
                sky: [0x2A6FC4, 0x5A9EE0, 0x9CC9EE, 0xE3F0F6],
                light: 0xFFF1CC,
                haze: 0xB4D0E6,
                ground: [0x1B3B22, 0x3F7034, 0x8BA84C, 0xC9CF7F],
                accents: [0xE4572E, 0xF3A712, 0x76B041, 0x3F7CAC, 0x29335C],
                paper: 0xF6F1E4,
                ink: 0x20303F
            )
        case .sunset:
            PaletteRoles(
                sky: [0x2E2A66, 0x8A3F7C, 0xE8604C, 0xFFB25B, 0xFFE29A],
                light: 0xFFD27A,
                haze: 0xF29A6B,
                ground: [0x1E1530, 0x4A2545, 0xA44A4A, 0xF09A5A],
                accents: [0xFF6B4A, 0xFFB347, 0xC73E6E, 0x6A3D8F, 0x2B1E52],
                paper: 0xFFF0DC,
                ink: 0x2B1840
            )
        case .dawn:
            PaletteRoles(
                sky: [0x5B7DB8, 0x9AA9D6, 0xE3B9CF, 0xFAD4BE, 0xFFF0D0],
                light: 0xFFE6B8,
                haze: 0xE2C3CF,
                ground: [0x2B3450, 0x566184, 0xA58CA0, 0xEFC0A6],
                accents: [0xF08A8A, 0xF7C59F, 0x8FA8D8, 0xB58DB6, 0x4A5A8A],
                paper: 0xFDF3EC,
                ink: 0x3A3F66
            )
        case .dusk:
            PaletteRoles(
                sky: [0x141B45, 0x37347A, 0x7B4C98, 0xC9709B, 0xF2A88F],
                light: 0xFFD9B0,
                haze: 0x8E6AA8,
                ground: [0x10122E, 0x2A2A55, 0x574A80, 0xA06F98],
                accents: [0xE0719C, 0xF2A65A, 0x7A5CC0, 0x4D7EA8, 0x231B4F],
                paper: 0xF1E4EE,
                ink: 0x1E1A44
            )
        case .night:
            PaletteRoles(
                sky: [0x050A1E, 0x0A1738, 0x132A56, 0x24487A],
                light: 0xEAF0FF,
                haze: 0x1D3A66,
                ground: [0x04070F, 0x0A1524, 0x16293F, 0x34506B],
                accents: [0xFFD27D, 0x6FA8DC, 0x8E7CC3, 0x4FB0A5, 0x27408B],
                paper: 0x0A1228,
                ink: 0xDCE6FA
            )
        case .ocean:
            PaletteRoles(
                sky: [0x1B6CA8, 0x4DA6D4, 0x94D2E6, 0xE2F5F1],
                light: 0xFFF6DE,
                haze: 0xA9D6E0,
                ground: [0x0A2F44, 0x0F5E78, 0x2A9D9A, 0x9ADBC5],
                accents: [0x0B7A8F, 0x2EC4B6, 0xFF8C5A, 0xF4E3B2, 0x12395C],
                paper: 0xEDF7F4,
                ink: 0x0C2C44
            )
        case .forest:
            PaletteRoles(
                sky: [0x6FA6A0, 0xA4C9B4, 0xD5E3C3, 0xF5F0D2],
                light: 0xFFF2C0,
                haze: 0xB4CFB9,
                ground: [0x0C2118, 0x1D4A33, 0x4B7F4B, 0xA7BC66],
                accents: [0x3C7A4B, 0xA3B65A, 0xD99A3E, 0x7B4F2B, 0x17402F],
                paper: 0xF3F1DF,
                ink: 0x15332A
            )
        case .desert:
            PaletteRoles(
                sky: [0x3D7EA6, 0x8DB8C8, 0xF0D9B5, 0xFBE8C8],
                light: 0xFFF0C8,
                haze: 0xECCFA6,
                ground: [0x6B2F22, 0xB4613A, 0xE39B58, 0xF8D490],
                accents: [0xC8553D, 0xE9A15B, 0xF2CC8F, 0x588B8B, 0x5B2A22],
                paper: 0xFBF0DD,
                ink: 0x4A2418
            )
        case .spring:
            PaletteRoles(
                sky: [0x6DB5E8, 0xA6D5F2, 0xD8EEF3, 0xFFF3E6],
                light: 0xFFF6D8,
                haze: 0xCDE4E2,
                ground: [0x245034, 0x569B45, 0x9CCB5C, 0xDCE88C],
                accents: [0xF48FB1, 0xFFD54F, 0xBA8FD8, 0xFF8A65, 0x4C9F70],
                paper: 0xFBF8EA,
                ink: 0x274739
            )
        case .autumn:
            PaletteRoles(
                sky: [0x6E8FB0, 0xA9BCC6, 0xE6D9BE, 0xF9E5B8],
                light: 0xFFE3A0,
                haze: 0xDCC7A3,
                ground: [0x3A1A14, 0x85391C, 0xC9712A, 0xEDB54A],
                accents: [0xB5331E, 0xE0812A, 0xF2B632, 0x7A5B2E, 0x4A1C1C],
                paper: 0xFAF0DA,
                ink: 0x43211A
            )
        case .winter:
            PaletteRoles(
                sky: [0x6A93BF, 0xA5C1DC, 0xD6E3EF, 0xF7F3F0],
                light: 0xFFF4E2,
                haze: 0xC9D9E8,
                ground: [0x3A4F6E, 0x7E9CBD, 0xC7D8E8, 0xF6F9FC],
                accents: [0x4F86C6, 0xA9D6E5, 0xC8553D, 0x7D8CA3, 0x24405F],
                paper: 0xF4F7FA,
                ink: 0x23384F
            )
        case .storm:
            PaletteRoles(
                sky: [0x2C3A47, 0x4B5D6B, 0x7A8C95, 0xB7C0BE],
                light: 0xE6E8DC,
                haze: 0x8C9BA3,
                ground: [0x151E24, 0x2D3D40, 0x55665B, 0x8A937A],
                accents: [0xE0A458, 0x5B8A9A, 0xA5B5B0, 0xC06C5A, 0x26343D],
                paper: 0xE6E8E4,
                ink: 0x22303A
            )
        case .candy:
            PaletteRoles(
                sky: [0x6A5BD0, 0xB57BE0, 0xFF94C2, 0xFFD1DC],
                light: 0xFFF6E0,
                haze: 0xF7B4DC,
                ground: [0x4B2A7B, 0xA24BB5, 0xF277A8, 0xFFC3A0],
                accents: [0xFF5D8F, 0xFFC145, 0x3DCCC7, 0x7B5BE6, 0xFF9770],
                paper: 0xFFF3F6,
                ink: 0x46246B
            )
        case .pastel:
            PaletteRoles(
                sky: [0xA9C4E6, 0xC9D6EE, 0xEEDDEA, 0xFDEFE0],
                light: 0xFFF7E2,
                haze: 0xDCDDEA,
                ground: [0x7A8FA6, 0xA5BDB3, 0xCFDCC0, 0xF0E9CC],
                accents: [0xF4B6B6, 0xF9DCA8, 0xB9DCC8, 0xB5C7EA, 0x9A8FB8],
                paper: 0xFCF8F2,
                ink: 0x5F6684
            )
        case .monochrome:
            PaletteRoles(
                sky: [0x4A4C50, 0x85878A, 0xBDBEBF, 0xEDECEA],
                light: 0xFFFFFF,
                haze: 0xC2C3C4,
                ground: [0x101113, 0x3A3C3F, 0x7C7E80, 0xD0D0CF],
                accents: [0x2B2C2E, 0x5E6063, 0x919395, 0xC6C7C7, 0x161718],
                paper: 0xF5F4F1,
                ink: 0x1A1B1D
            )
        case .sepia:
            PaletteRoles(
                sky: [0x8C6F4E, 0xB8996F, 0xDCC49B, 0xF3E5C8],
                light: 0xFFF3D8,
                haze: 0xD9C19A,
                ground: [0x2C1D12, 0x5F4128, 0x9A7248, 0xD8B680],
                accents: [0x7B4B2A, 0xB07D48, 0xD9B27C, 0x94856B, 0x3E2718],
                paper: 0xF5E9D2,
                ink: 0x3A2616
            )
        case .neon:
            PaletteRoles(
                sky: [0x07041A, 0x1B0A3F, 0x4A0F6B, 0xB0177E, 0xFF4F8B],
                light: 0xFFE066,
                haze: 0x6A1B8A,
                ground: [0x05030F, 0x150B33, 0x2B1260, 0x5B2A9A],
                accents: [0xFF2E88, 0x00E5FF, 0xFFE45E, 0x8A3FFC, 0x2BFFA3],
                paper: 0x0C0620,
                ink: 0xF3E9FF
            )
        case .ember:
            PaletteRoles(
                sky: [0x120508, 0x3A0A10, 0x8A1C14, 0xE0561E],
                light: 0xFFB347,
                haze: 0x7A2018,
                ground: [0x0A0405, 0x240A0C, 0x5C1712, 0xB83A18],
                accents: [0xFF4D1C, 0xFFA62B, 0xFFE08A, 0x9E1B32, 0x3A0D12],
                paper: 0x170608,
                ink: 0xFFE6C8
            )
        }
    }
}
