/// A queue whose first element is taken in constant time.
struct FIFO<Element> {
    private var elements: [Element?] = []
    private var head = 0

    var count: Int { elements.count - head }
    var isEmpty: Bool { head == elements.count }
    var first: Element? { isEmpty ? nil : elements[head] }

    mutating func append(_ element: Element) { elements.append(element) }

    mutating func prepend(_ element: Element) {
        if head == 0 {
            elements.insert(element, at: 0)
        } else {
            head -= 1
            elements[head] = element
        }
    }

    mutating func popFirst() -> Element? {
        guard !isEmpty else { return nil }
        let first = elements[head]
        elements[head] = nil
        head += 1
        if head == elements.count {
            elements.removeAll(keepingCapacity: head < 4096)
            head = 0
        } else if head >= 256, head * 2 >= elements.count {
            elements.removeFirst(head)
            head = 0
        }
        return first
    }

    /// Keeps the order of what stays.
    mutating func remove(where isUnwanted: (Element) -> Bool) -> [Element] {
        let all = elements[head...].compactMap { $0 }
        let unwanted = all.filter(isUnwanted)
        if !unwanted.isEmpty {
            elements = all.filter { !isUnwanted($0) }
            head = 0
        }
        return unwanted
    }
}
